package main

func x() { http.ListenAndServe(":8000", nil) }
