package main

func main() { job.Run("x:5000") }
