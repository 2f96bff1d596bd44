const pool = new Pool({ host: 'db', port: 5432, max: 3000 });
const redis = { port: 6379 };
if (port === 3000 || x.port == 3001) {}
setTimeout(f, 3000);
const DB_PORT = process.env.DB_PORT || 5432;
emitter.listen('x', 3000);
// app.listen(3000)
/* app.listen(3000) */
const s = 'app.listen(3000)';
const t = `app.listen(3000)`;
items.slice(0, 3000);
