export type { AdminResponse, AdminRoute } from './admin-route.ts'
export { AdminServer, type AdminServerOptions } from './admin-server.ts'
export { AdminListenError } from './errors.ts'
