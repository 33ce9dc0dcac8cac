export { ByteBudget } from './byte-budget.ts'
