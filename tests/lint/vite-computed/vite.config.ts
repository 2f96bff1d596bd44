const base = 3000
export default {
  server: { port: base + 1, hmr: false },
  preview: { port: getPort() },
  build: { port: 3000 },
}
