#!/bin/sh
docker run -d --name some-postgres -e POSTGRES_PASSWORD=x -e PORT=3000 \
	-p 5432:5432 postgres
docker run --rm --publish 127.0.0.1:3100:80/tcp -p 5353:53/udp web
kubectl port-forward svc/web 4000:80
mkdir -p 3000
ssh -p 2222 host
