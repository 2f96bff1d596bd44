const app = express();
const PORT: number = Number(process.env.PORT) || 4000;
app.listen(PORT);
const admin = parseInt(process.env.WEB_PORT ?? '3100', 10);
server.listen({ port: 4001, host: '::' });
Bun.serve({ port: 4002, fetch() {} });
