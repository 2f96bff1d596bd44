timeout = 3000
report(port == 8000)
x = {'port': 8000}
foo(3000)
PORT = get_port()
redis.Redis(host='localhost', port=6379)
