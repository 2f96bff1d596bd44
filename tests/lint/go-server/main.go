package main

func main() {
	http.HandleFunc("/", handler)
	log.Fatal(http.ListenAndServe(":8000", nil))
	r.Run() // listen and serve on 0.0.0.0:8080
	r.Run(":3100")
	e.Logger.Fatal(e.Start(":1323"))
	app.Listen(":4000")
	l, err := net.Listen("tcp", "127.0.0.1:4001")
	s := &http.Server{Addr: ":4002", Handler: h}
	db.Connect("localhost:5432")
	fmt.Println("http.ListenAndServe(\":9\")")
	re := `:8000`
}
