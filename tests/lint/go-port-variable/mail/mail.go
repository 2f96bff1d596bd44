package mail

const DefaultPort = 2525

var port = "2526"

func Send() error { return smtp.SendMail(net.JoinHostPort(host, port), nil, from, to, msg) }
