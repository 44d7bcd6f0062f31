/**
 * Takes every image without a registry from a mirror, and gives each container a small log of its own.
 * Parameters: `mirror`, such as mirror.example:5000.
 */
export const registryMirror = {
  apiVersion: '1.0',
  kind: 'DockerCreateDecorator',
  name: 'example_registry_mirror',
  description: 'Takes images from a mirror and bounds container logs.',
  compatible: () => true,

  create: ({ mirror = 'mirror.example:5000' }) => ({
    // The body is that of the Docker API's container create; the whole of it is answered.
    decorate({ body }) {
      return {
        body: {
          ...body,
          Image: hasRegistry(body.Image) ? body.Image : `${mirror}/${body.Image}`,
          HostConfig: {
            ...body.HostConfig,
            LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
          },
        },
      }
    },
  }),
}

/** As docker tells: the part before the first slash has a dot or a port, or is localhost. */
const hasRegistry = (image) => {
  const [first, ...rest] = image.split('/')
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
}
