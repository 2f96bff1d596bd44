export default {
  server: { port: 3000, host: 'x },
}
