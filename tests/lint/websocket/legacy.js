const WebSocket = require('ws')
const wss = new WebSocket.Server({
  port: 3200,
})
const attached = new WebSocket.Server({ server, path: '/ws' })
