package client

const defaultPort = 7700

var port = flag.Int("port", 7443, "port of the remote daemon")

func Connect(host string, n int) (net.Conn, error) {
	if strings.LastIndex(host, ":") < 0 {
		host = host + ":" + strconv.Itoa(n)
	}
	if host == "" {
		return net.Dial("tcp", fmt.Sprintf(":%d", n))
	}
	return net.Dial("tcp", host)
}
