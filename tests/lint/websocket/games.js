// servers of others, and a database
const list = [new Server({ host: 'play.example.org', port: 25565 })]
const db = new MongoClient({ server: new mongo.Server({ port: 27017 }) })
const mail = nodemailer.createTransport({ host: 'mail.example.org', port: 587 })
