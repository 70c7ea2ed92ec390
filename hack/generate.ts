// Makes all generated files again: `npm run generate -- [API_DIR]`. API_DIR holds the recordings of a real server that
// they are made from; it lies beside the checkout, in ../shared/api, and is not part of the project.
import { runAll } from './generated.ts'

if (!runAll('update-', process.argv.slice(2))) process.exitCode = 1
