const maxIdLength = 255

/** What is wrong with an id, in Mesos' words, or undefined (core-master O17, common/validation.cpp). */
export const idProblem = (id: string): string | undefined => {
  if (id === '') return 'ID must not be empty'
  if (new TextEncoder().encode(id).length > maxIdLength)
    return `ID must not be greater than ${maxIdLength} characters`
  if (id === '.' || id === '..') return `'${id}' is disallowed`
  // Ids become names of folders and files, hence no slashes either.
  if (/[\p{Cc}/\\]/u.test(id)) return `'${id}' contains invalid characters`
  return undefined
}
