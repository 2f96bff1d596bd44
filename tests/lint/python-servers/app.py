"""Run it: python app.py --port 3000, app.run(port=3000)."""
import os
from http.server import HTTPServer

PORT = 8000
DB_PORT = 5432

def main(port=8001):  # app.run(port=8001)
    uvicorn.run("main:app", host="127.0.0.1", port=5000, log_level="info")
    app.run(debug=True, port=int(os.environ.get("PORT", 4000)))
    web.run_app(app, port=3100)
    with socketserver.TCPServer(("", 8002), Handler) as httpd:
        httpd.serve_forever()
    HTTPServer(("127.0.0.1", PORT), Handler)
    psycopg2.connect(host="db", port=5432)
    sock.bind(("0.0.0.0", 4003))
    sock.connect(("localhost", 5432))
