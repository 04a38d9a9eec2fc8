import type { Dataset } from '@sbgm/datasets'

/** A data set's name as people write it, such as `Fashion-MNIST`. */
export const datasetTitle = ({ name }: Pick<Dataset, 'name'>): string =>
  ({ mnist: 'MNIST', 'fashion-mnist': 'Fashion-MNIST', digits: 'drawn digits' })[name] ?? name
