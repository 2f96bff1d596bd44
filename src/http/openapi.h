/*
 * http/openapi.h - the API described: OpenAPI 3.1, made from the routes and the schemas.
 */
#ifndef HTTP_OPENAPI_H
#define HTTP_OPENAPI_H

#include "base/json.h"

/* NULL: there is no memory. */
json_t *openapi_document(void) MUST_CHECK;

#endif
