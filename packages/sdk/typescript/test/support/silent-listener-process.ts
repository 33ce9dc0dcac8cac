import { createServer } from 'node:net'

const server = createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`127.0.0.1:${address.port}\n`)
})
