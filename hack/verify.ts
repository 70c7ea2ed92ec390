// Makes all generated files elsewhere and compares: `npm run verify -- [API_DIR]`. Without recordings it says so and passes.
import { runAll } from './generated.ts'

if (!runAll('verify-', process.argv.slice(2))) process.exitCode = 1
