app.listen(3100)
