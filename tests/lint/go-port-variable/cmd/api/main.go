package main

import "flag"

const defaultPort = "6007"

var port = flag.Int("port", 6008, "where to listen")

func main() {
	flag.Parse()
	r := gin.Default()
	r.Run(fmt.Sprintf(":%d", *port))
}
