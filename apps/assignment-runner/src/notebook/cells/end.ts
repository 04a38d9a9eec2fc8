// %%
import { count } from './setup'

console.log(`${count.lines} lines were printed and ${count.figures} figures shown before this.`)
