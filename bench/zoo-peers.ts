/**
 * The misbehaving peers of `test/zoo` in a process of their own: `node bench/zoo-peers.ts`. Prints one line of JSON when
 * all listen, their addresses by what they do; their health is as spoilt as everything else. Ends at SIGTERM.
 */
import { openZoo } from '../test/zoo/keeper.ts'
import { MISDEEDS } from '../test/zoo/misdeeds.ts'

const zoo = await openZoo({ after: () => {} }, MISDEEDS)
zoo.spoilHealth()
console.log(JSON.stringify([...zoo.urls]))
process.on('SIGTERM', () => process.exit(0))
