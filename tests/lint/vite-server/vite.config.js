import { defineConfig } from 'vite'

export default defineConfig({
  server: {
    host: '0.0.0.0',
    port: 3000,
    strictPort: true,
    hmr: { protocol: 'ws', clientPort: 443 },
    proxy: {
      // string shorthand:
      '/foo': 'http://localhost:4567',
      '/api': {
        target: 'http://jsonplaceholder.typicode.com',
        changeOrigin: true,
      },
      '/socket.io': {
        target: 'ws://localhost:3101',
        ws: true,
      },
    },
  },
})
