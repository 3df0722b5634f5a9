// Serves TimescaleDB in WebAssembly to one connection at a time, at the port that is given, until it is killed.
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { timescaledb } from '@electric-sql/pglite/timescaledb'

const db = await PGlite.create({ extensions: { timescaledb } })
await db.exec('CREATE EXTENSION timescaledb')
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: Number(process.argv[2]) })
await server.start()
// A client that says goodbye waits until the server has closed the connection, which this one leaves open.
server.server.on('connection', (socket) => {
  socket.on('data', (data) => data.length === 5 && data[0] === 'X'.charCodeAt(0) && socket.end())
})
console.log('ready')
