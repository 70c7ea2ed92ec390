// The path of a whole object, which clients see as Go prints no path.
// Source: apimachinery/pkg/util/validation/field, Path.String (v1.36)
import { FieldPath } from '../apimachinery/field.ts'

class RootPath extends FieldPath {
  constructor() {
    super('')
  }

  override toString(): string {
    return '<nil>'
  }
}

/** Its children are as those of no path. */
export const rootPath: FieldPath = new RootPath()
