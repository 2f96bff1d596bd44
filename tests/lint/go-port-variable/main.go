package main

// a database and a server in one file
const (
	host   = "localhost"
	port   = 5432
	dbname = "shop"
)

func main() {
	log.Fatal(http.ListenAndServe(":3101", nil))
}
