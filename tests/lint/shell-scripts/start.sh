#!/bin/sh
set -eu
PORT=3000 node server.js &
uvicorn app:app --port "${API_PORT:-3101}"
python3 manage.py runserver --port 8000 # dev
