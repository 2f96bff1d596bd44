sock.listen(5)
sock.listen(1024)
