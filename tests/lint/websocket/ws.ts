import WebSocket, { WebSocketServer } from 'ws'

const wss = new WebSocketServer({ port: 8080 })
const own = new WebSocketServer({ perMessageDeflate: { threshold: 1024 }, port: 3100 }, () => {})
const client = new WebSocket('ws://localhost:8080')
