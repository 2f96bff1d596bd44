package db

const (
	host     = "localhost"
	port     = 5433
	user     = "postgres"
	password = "secret"
	dbname   = "test"
)

func Open() (*sql.DB, error) {
	return sql.Open("postgres", fmt.Sprintf("host=%s port=%d user=%s password=%s dbname=%s",
		host, port, user, password, dbname))
}
