/** For `catch`: a file or folder that is not there has this value; any other failure stays one. */
export function absentAs<Value>(value: Value): (thrown: unknown) => Value {
  return thrown => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return value
    throw thrown
  }
}
