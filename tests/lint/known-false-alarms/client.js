// the port of a machine elsewhere
const port = 9200
fetch(`http://search.example.org:${port}`)
