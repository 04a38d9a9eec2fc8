import { describe, expect, it } from 'vitest'
import { checkGraphics, hasNoDriver, type GraphicsHost } from './graphics-checks'

/** A machine with these files alone. */
function machine(files: readonly string[], env: GraphicsHost['env'] = {}, unusable: readonly string[] = []): GraphicsHost {
  const list = (folder: string) => files.filter((file) => file.startsWith(folder === '/' ? '/' : `${folder}/`)).map((file) => file.slice(folder === '/' ? 1 : folder.length + 1).split('/')[0] ?? '')
  return { platform: 'linux', env, list, usable: (path) => files.includes(path) && !unusable.includes(path) }
}
const failures = (host: GraphicsHost) => checkGraphics(host).filter(({ ok }) => !ok).map(({ name, found, remedy = '' }) => `${name}: ${found} ${remedy}`)

const loader = '/usr/lib/x86_64-linux-gnu/libvulkan.so.1'
const radeon = ['/usr/share/vulkan/icd.d/radeon_icd.x86_64.json', '/dev/dri/renderD128']

describe('checkGraphics', () => {
  it('finds nothing amiss where loader, driver and card are there', () => {
    expect(checkGraphics(machine([loader, ...radeon]))).toEqual([
      { name: 'Vulkan loader', ok: true, found: 'libvulkan.so.1 lies in /usr/lib/x86_64-linux-gnu.' },
      { name: 'Vulkan driver', ok: true, found: 'Registered: /usr/share/vulkan/icd.d/radeon_icd.x86_64.json.' },
      { name: 'card', ok: true, found: 'This user may use /dev/dri/renderD128.' },
    ])
    expect(failures(machine(['/opt/vulkan/libvulkan.so.1', ...radeon], { LD_LIBRARY_PATH: '/nowhere:/opt/vulkan' }))).toEqual([])
  })

  it('names the package of a missing loader', () => {
    expect(failures(machine(radeon))).toEqual([expect.stringMatching(/^Vulkan loader: .*libvulkan\.so\.1, is not installed\. Install it \(Debian, Ubuntu: apt install libvulkan1/)])
  })

  it('says where a driver registers itself, and what to install', () => {
    expect(failures(machine([loader, '/dev/dri/renderD128']))).toEqual([expect.stringMatching(/^Vulkan driver: No driver .*registered.*mesa-vulkan-drivers/)])
  })

  it('finds drivers in the user\'s own folders', () => {
    const file = (folder: string) => `${folder}/vulkan/icd.d/own.json`
    expect(failures(machine([loader, file('/home/me/.local/share'), '/dev/dri/renderD128'], { HOME: '/home/me' }))).toEqual([])
    expect(failures(machine([loader, file('/data'), '/dev/dri/renderD128'], { HOME: '/home/me', XDG_DATA_HOME: '/data' }))).toEqual([])
  })

  it.each(['XDG_CONFIG_HOME', 'XDG_CONFIG_DIRS', 'XDG_DATA_DIRS'])('finds drivers in the folders of %s', (variable) => {
    const there = machine(['/b/vulkan/icd.d/own.json'], { [variable]: '/a:/b' })
    expect([hasNoDriver(there), hasNoDriver({ ...there, env: {} })]).toEqual([false, true])
  })

  it('finds drivers that a variable adds, and needs none where Vulkan is not what WebGPU uses', () => {
    expect(hasNoDriver(machine(['/opt/icd.json'], { VK_ADD_DRIVER_FILES: '/opt/icd.json' }))).toBe(false)
    expect(hasNoDriver({ ...machine([]), platform: 'win32' })).toBe(false)
  })

  it.each(['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'])('looks for what %s names in the place of what is registered', (variable) => {
    const host = (value: string) => machine([loader, '/opt/icd.json', '/dev/dri/renderD128'], { [variable]: value })
    expect(failures(host('/opt/icd.json'))).toEqual([])
    expect(checkGraphics(host('/opt/icd.json:/gone.json'))[1]?.found).toBe(`${variable} names /opt/icd.json, /gone.json, of which /gone.json is not there.`)
    expect(failures(host('/gone.json'))).toEqual([`Vulkan driver: ${variable} names /gone.json, which is not there. Unset ${variable}, or have it name the driver's .json file.`])
  })

  it('says what a container with a card of NVIDIA\'s must be given, and outside of one what to install', () => {
    const cards = [loader, '/dev/nvidiactl', '/dev/nvidia0', '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json']
    expect(failures(machine([...cards, '/.dockerenv']))).toEqual([
      expect.stringMatching(/^Vulkan driver: There is a card of NVIDIA's, but no driver for Vulkan of NVIDIA's is registered \(.*lvp_icd.x86_64.json alone\)\. Start the container with NVIDIA_DRIVER_CAPABILITIES=all/),
    ])
    expect(failures(machine(cards, { NVIDIA_VISIBLE_DEVICES: 'all' }))).toEqual([expect.stringContaining('NVIDIA_DRIVER_CAPABILITIES=all')])
    expect(failures(machine(cards))).toEqual([expect.stringMatching(/libGLX_nvidia\.so\.0.*nvidia-vulkan-icd/)])
  })

  it('tells a card that is not there from one that this user may not use', () => {
    const [icd] = radeon
    expect(failures(machine([loader, icd ?? '']))).toEqual([expect.stringMatching(/^card: The kernel shows no card.*--gpus all/)])
    expect(failures(machine([loader, ...radeon], {}, ['/dev/dri/renderD128']))).toEqual([expect.stringMatching(/^card: This user may not use \/dev\/dri\/renderD128\. Join .*usermod -aG render,video/)])
  })

  it('has nothing to look for where Vulkan is not what WebGPU uses', () => {
    expect(checkGraphics({ ...machine([]), platform: 'darwin' })).toEqual([])
  })

  it('looks at this machine by itself and names a remedy for everything that is missing', () => {
    const checks = checkGraphics()
    expect(checks.length).toBe(process.platform === 'linux' ? 3 : 0)
    for (const { ok, found, remedy } of checks) expect([found.length > 10, ok || (remedy ?? '').length > 10]).toEqual([true, true])
  })
})
