app.run(port=8000)
