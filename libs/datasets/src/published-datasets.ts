/** The sets that their authors publish as four IDX files. */
export type PublishedName = 'mnist' | 'fashion-mnist'

/** The part that a file plays in its set. */
export type FileRole = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels'

/** What is known of bytes. */
export interface KnownBytes {
  /** How many they are. */
  readonly bytes: number
  /** Their SHA-256, in hexadecimal. */
  readonly sha256: string
}

/** What is known of a packed file. */
export interface KnownPackedBytes extends KnownBytes {
  /** The MD5 that is commonly quoted for it, in hexadecimal; nothing is decided by it. */
  readonly md5: string
}

/** One file as its authors published it. */
export interface PublishedFile {
  /** Its name, unpacked; packed it ends in `.gz`. Both sets use the same four names. */
  readonly name: string
  /** The `.gz`. */
  readonly packed: KnownPackedBytes
  /** What it unpacks to: what a file is verified by. */
  readonly unpacked: KnownBytes
}

/** A published set: everything known of it before a byte of it is there. */
export interface PublishedDataset {
  /** Its name. */
  readonly name: PublishedName
  /** What its classes are called, in the order of the labels. */
  readonly classNames: readonly string[]
  /** Its four files. */
  readonly files: Readonly<Record<FileRole, PublishedFile>>
  /** Folders that serve the packed files, each a URL that ends in a slash, in the order in which they are tried. */
  readonly mirrors: readonly string[]
}

/** MNIST: handwritten digits, 60,000 + 10,000 images, 28 × 28. */
const mnist: PublishedDataset = {
  name: 'mnist',
  classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  files: {
    trainImages: {
      name: 'train-images-idx3-ubyte',
      packed: { bytes: 9_912_422, md5: 'f68b3c2dcbeaaa9fbdd348bbdeb94873', sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609' },
      unpacked: { bytes: 47_040_016, sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db' },
    },
    trainLabels: {
      name: 'train-labels-idx1-ubyte',
      packed: { bytes: 28_881, md5: 'd53e105ee54ea40749a09fcbcd1e9432', sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c' },
      unpacked: { bytes: 60_008, sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5' },
    },
    testImages: {
      name: 't10k-images-idx3-ubyte',
      packed: { bytes: 1_648_877, md5: '9fb629c4189551a2d022fa330f9573f3', sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6' },
      unpacked: { bytes: 7_840_016, sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7' },
    },
    testLabels: {
      name: 't10k-labels-idx1-ubyte',
      packed: { bytes: 4_542, md5: 'ec29112dd5afa0611ce80d1b7f02629c', sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6' },
      unpacked: { bytes: 10_008, sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2' },
    },
  },
  mirrors: [
    'https://storage.googleapis.com/cvdf-datasets/mnist/',
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
    'https://raw.githubusercontent.com/fgnt/mnist/master/',
  ],
}

/** Fashion-MNIST: clothes of Zalando's shop, 60,000 + 10,000 images, 28 × 28. */
const fashionMnist: PublishedDataset = {
  name: 'fashion-mnist',
  classNames: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  files: {
    trainImages: {
      name: 'train-images-idx3-ubyte',
      packed: { bytes: 26_421_880, md5: '8d4fb7e6c68d591d4c3dfef9ec88bf0d', sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84' },
      unpacked: { bytes: 47_040_016, sha256: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888' },
    },
    trainLabels: {
      name: 'train-labels-idx1-ubyte',
      packed: { bytes: 29_515, md5: '25c81989df183df01b3e8a0aad5dffbe', sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845' },
      unpacked: { bytes: 60_008, sha256: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9' },
    },
    testImages: {
      name: 't10k-images-idx3-ubyte',
      packed: { bytes: 4_422_102, md5: 'bef4ecab320f06d8554ea6380940ec79', sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073' },
      unpacked: { bytes: 7_840_016, sha256: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b' },
    },
    testLabels: {
      name: 't10k-labels-idx1-ubyte',
      packed: { bytes: 5_148, md5: 'bb300cfdad3c16e7a12a480ee83cd310', sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5' },
      unpacked: { bytes: 10_008, sha256: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34' },
    },
  },
  mirrors: [
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
  ],
}

/**
 * The published sets by name, with file names, sizes, checksums, classes and mirrors.
 *
 * @see LeCun, Bottou, Bengio and Haffner 1998 (MNIST); Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747 (Fashion-MNIST).
 */
export const publishedDatasets: Readonly<Record<PublishedName, PublishedDataset>> = { mnist, 'fashion-mnist': fashionMnist }
