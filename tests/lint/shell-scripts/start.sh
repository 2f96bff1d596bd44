#!/bin/sh
set -eu
PORT=3000 node server.js &
uvicorn app:app --port "${API_PORT:-3101}"
python3 manage.py runserver --port 8000 # dev
: "${DEV_PORT:=7008}"
node server.js --port "$DEV_PORT"
