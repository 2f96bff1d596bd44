export default defineNuxtConfig({
  devtools: { enabled: true },
  devServer: {
    port: 3100,
    host: 'localhost',
  },
  vite: { server: { hmr: { port: 24678 } } },
  runtimeConfig: { port: 3000, public: { port: '3000' } },
})
