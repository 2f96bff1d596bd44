export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, process.cwd(), '')
  return {
    server: { port: Number(process.env.WEB_PORT) || 3100 },
    preview: { port: env.PORT ? Number(env.PORT) : 5173 },
  }
})
