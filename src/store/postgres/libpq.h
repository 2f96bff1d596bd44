/*
 * postgres/libpq.h - libpq, loaded for the first postgres:// book.
 *
 * Linked, it would cost every command four times the start of an empty program
 * (docs/decisions/0031).
 */
#ifndef STORE_POSTGRES_LIBPQ_H
#define STORE_POSTGRES_LIBPQ_H

#include <libpq-fe.h>

/* `pq->exec` is PQexec, and so on. */
struct libpq {
	__typeof__(&PQclear) clear;
	__typeof__(&PQcmdStatus) cmdStatus;
	__typeof__(&PQconnectdbParams) connectdbParams;
	__typeof__(&PQconnectPoll) connectPoll;
	__typeof__(&PQconnectStartParams) connectStartParams;
	__typeof__(&PQconninfo) conninfo;
	__typeof__(&PQconninfoFree) conninfoFree;
	__typeof__(&PQconninfoParse) conninfoParse;
	__typeof__(&PQconsumeInput) consumeInput;
	__typeof__(&PQenterPipelineMode) enterPipelineMode;
	__typeof__(&PQerrorMessage) errorMessage;
	__typeof__(&PQexec) exec;
	__typeof__(&PQfinish) finish;
	__typeof__(&PQfreemem) freemem;
	__typeof__(&PQftype) ftype;
	__typeof__(&PQgetisnull) getisnull;
	__typeof__(&PQgetResult) getResult;
	__typeof__(&PQgetvalue) getvalue;
	__typeof__(&PQnotifies) notifies;
	__typeof__(&PQntuples) ntuples;
	__typeof__(&PQparameterStatus) parameterStatus;
	__typeof__(&PQpipelineSync) pipelineSync;
	__typeof__(&PQresultErrorField) resultErrorField;
	__typeof__(&PQresultStatus) resultStatus;
	__typeof__(&PQsendPrepare) sendPrepare;
	__typeof__(&PQsendQueryPrepared) sendQueryPrepared;
	__typeof__(&PQserverVersion) serverVersion;
	__typeof__(&PQsetNoticeProcessor) setNoticeProcessor;
	__typeof__(&PQsocket) socket;
	__typeof__(&PQstatus) status;
	__typeof__(&PQtransactionStatus) transactionStatus;
};

/* The same table for all threads, to the end of the process; NULL: this machine has no libpq. */
const struct libpq *libpq_load(void);

#endif
