/** One thing that a GPU needs on this machine, and whether it is there. */
export interface GraphicsCheck {
  /** What is needed, in a few words. */
  readonly name: string
  /** Whether it is there. */
  readonly ok: boolean
  /** What was found, as a sentence. */
  readonly found: string
  /** What to do where it is not there, as a sentence. */
  readonly remedy?: string
}

/** What {@link checkGraphics} looks at. */
export interface GraphicsHost {
  /** As `process.platform` has it. */
  readonly platform: string
  /** As `process.env` has it. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The names in a folder; none where it does not exist or cannot be read. */
  list(folder: string): readonly string[]
  /** Whether this user may read and write it. */
  usable(path: string): boolean
}

/**
 * Looks for what WebGPU needs of a machine with Linux: the Vulkan loader, a driver that is registered with it, a card that this user may use, and in a
 * container the capability to draw, without which NVIDIA's runtime keeps Vulkan's files out. Elsewhere it has nothing to look for: Metal and
 * Direct3D are part of the system.
 *
 * @param host - the machine; for tests
 * @returns the checks, in the order in which a missing one explains what comes after it
 */
export function checkGraphics(host: GraphicsHost = thisMachine()): readonly GraphicsCheck[] {
  return host.platform === 'linux' ? [checkLoader(host), checkDriver(host), checkCard(host)] : []
}

const libraryFolders = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/usr/local/lib', ...['x86_64', 'aarch64'].flatMap((cpu) => [`/lib/${cpu}-linux-gnu`, `/usr/lib/${cpu}-linux-gnu`])]

function checkLoader({ env, list }: GraphicsHost): GraphicsCheck {
  const name = 'Vulkan loader'
  const folder = [...paths(env['LD_LIBRARY_PATH']), ...libraryFolders].find((candidate) => list(candidate).includes('libvulkan.so.1'))
  if (folder !== undefined) return { name, ok: true, found: `libvulkan.so.1 lies in ${folder}.` }
  return {
    name, ok: false, found: 'The Vulkan loader, libvulkan.so.1, is not installed.',
    remedy: 'Install it (Debian, Ubuntu: apt install libvulkan1; Fedora: dnf install vulkan-loader; Arch: pacman -S vulkan-icd-loader).',
  }
}

function checkDriver(host: GraphicsHost): GraphicsCheck {
  const name = 'Vulkan driver'
  const nvidia = host.list('/dev').includes('nvidiactl')
  const remedy = nvidia && inContainer(host)
    ? 'Start the container with NVIDIA_DRIVER_CAPABILITIES=all (or compute,utility,graphics), as Docker does with -e; NVIDIA\'s runtime else keeps nvidia_icd.json out.'
    : nvidia
      ? 'Install the part of NVIDIA\'s driver that has nvidia_icd.json and libGLX_nvidia.so.0 (Debian: nvidia-vulkan-icd; Ubuntu: libnvidia-gl-NNN of the driver\'s number).'
      : 'Install the driver of the card (AMD and Intel: apt install mesa-vulkan-drivers; NVIDIA: its own), which registers itself in /usr/share/vulkan/icd.d.'
  const { variable, named, found } = drivers(host)
  if (variable !== undefined) {
    const missing = named.filter((path) => !found.includes(path))
    if (found.length > 0) return { name, ok: true, found: `${variable} names ${named.join(', ')}${missing.length > 0 ? `, of which ${missing.join(', ')} is not there` : ''}.` }
    return { name, ok: false, found: `${variable} names ${named.join(', ')}, which is not there.`, remedy: `Unset ${variable}, or have it name the driver's .json file.` }
  }
  if (nvidia && !found.some((path) => path.includes('nvidia'))) {
    return { name, ok: false, found: `There is a card of NVIDIA's, but no driver for Vulkan of NVIDIA's is registered${found.length > 0 ? ` (${found.join(', ')} alone)` : ''}.`, remedy }
  }
  if (found.length > 0) return { name, ok: true, found: `Registered: ${found.join(', ')}.` }
  return { name, ok: false, found: 'No driver for Vulkan is registered (vulkan/icd.d in /usr/share and /etc has no .json file).', remedy }
}

function checkCard({ list, usable }: GraphicsHost): GraphicsCheck {
  const name = 'card'
  const nodes = [...list('/dev').filter((node) => /^nvidia\d+$|^dxg$/.test(node)).map((node) => `/dev/${node}`), ...list('/dev/dri').filter((node) => node.startsWith('renderD')).map((node) => `/dev/dri/${node}`)]
  const mine = nodes.filter(usable)
  if (mine.length > 0) return { name, ok: true, found: `This user may use ${mine.join(', ')}.` }
  if (nodes.length === 0) {
    return {
      name, ok: false, found: 'The kernel shows no card (no /dev/nvidia0, no /dev/dri/renderD128).',
      remedy: 'Load the driver of the card, or let the container have it (Docker: --gpus all for NVIDIA, --device /dev/dri for others).',
    }
  }
  return { name, ok: false, found: `This user may not use ${nodes.join(', ')}.`, remedy: 'Join the groups that own it: sudo usermod -aG render,video $USER, then log in anew.' }
}

const paths = (list: string | undefined) => (list ?? '').split(':').filter(Boolean)
const inContainer = ({ env, list }: GraphicsHost) => list('/').includes('.dockerenv') || list('/run').includes('.containerenv') || env['NVIDIA_VISIBLE_DEVICES'] !== undefined || env['KUBERNETES_SERVICE_HOST'] !== undefined

function exists({ list }: GraphicsHost, path: string): boolean {
  const cut = path.lastIndexOf('/')
  return list(path.slice(0, cut) || '/').includes(path.slice(cut + 1))
}

/** The files by which drivers are registered with the Vulkan loader, found where it looks: what a variable names in the place of all, or what lies in its folders. */
function drivers(host: GraphicsHost): { readonly variable?: string; readonly named: readonly string[]; readonly found: readonly string[] } {
  const { env, list } = host
  const variable = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'].find((candidate) => env[candidate]) // the loader takes the first alone
  if (variable !== undefined) {
    const named = paths(env[variable])
    return { variable, named, found: named.filter((path) => exists(host, path)) }
  }
  const own = env['HOME'] === undefined ? [] : [`${env['HOME']}/.config`, `${env['HOME']}/.local/share`]
  const told = ['XDG_CONFIG_HOME', 'XDG_CONFIG_DIRS', 'XDG_DATA_HOME', 'XDG_DATA_DIRS'].flatMap((name) => paths(env[name]))
  const folders = [...new Set(['/etc', '/etc/xdg', '/usr/local/etc', '/usr/local/share', '/usr/share', '/run/opengl-driver/share', ...own, ...told])].map((folder) => `${folder}/vulkan/icd.d`)
  const added = paths(env['VK_ADD_DRIVER_FILES']).filter((path) => exists(host, path))
  return { named: [], found: [...added, ...folders.flatMap((folder) => list(folder).filter((file) => file.endsWith('.json')).map((file) => `${folder}/${file}`))] }
}

/** Whether Vulkan, without which there is no WebGPU under Linux, can have no driver at all here: then Dawn need not be started, which prints warnings. */
export const hasNoDriver = (host: GraphicsHost = thisMachine()): boolean => host.platform === 'linux' && drivers(host).found.length === 0

/** The machine that this runs on; one of which nothing is known where there is no Node. */
function thisMachine(): GraphicsHost {
  const process = (globalThis as { readonly process?: NodeJS.Process }).process
  const fs = process?.getBuiltinModule?.('node:fs')
  if (process === undefined || fs === undefined) return { platform: 'unknown', env: {}, list: () => [], usable: () => false }
  const attempt = <Value>(look: () => Value, otherwise: Value): Value => {
    try {
      return look()
    } catch {
      return otherwise
    }
  }
  return {
    platform: process.platform,
    env: process.env,
    list: (folder) => attempt(() => fs.readdirSync(folder), []),
    usable: (path) => attempt(() => (fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK), true), false),
  }
}
