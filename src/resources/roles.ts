/** What is wrong with a role name, in Mesos' words, or undefined (core-master R9, common/roles.cpp). */
export const roleProblem = (role: string): string | undefined => {
  if (role === '*') return undefined
  if (role === '') return 'Empty role name is invalid'
  if (role.startsWith('/')) return `Role '${role}' cannot start with a slash`
  if (role.endsWith('/')) return `Role '${role}' cannot end with a slash`
  for (const component of role.split('/')) {
    if (component === '') return `Role '${role}' cannot contain two adjacent slashes`
    if (component === '.' || component === '..' || component === '*')
      return `Role '${role}' cannot include '${component}' as a component`
    if (component.startsWith('-'))
      return `Role component '${component}' is invalid because it begins with a dash`
    if (/[\s\u007f]/.test(component))
      return `Role component '${component}' is invalid because it contains backspace or whitespace`
  }
  return undefined
}
