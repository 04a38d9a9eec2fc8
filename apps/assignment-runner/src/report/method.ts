import type { PartNumber } from '../part-number'

/** How the whole is built, and why so: Markdown that holds for every run. */
export const method = `The assignment is one program, and the program is thin: what it does is done by libraries that know nothing of it, each equation in one place.

**Processes.** Every process here is a linear SDE with Gaussian marginals, forwards and backwards:

$$dx = f(t)\\,x\\,dt + g(t)\\,dw,\\qquad p_t(x_t \\mid x_0) = \\mathcal N\\bigl(x_t;\\ \\alpha(t)\\,x_0,\\ \\sigma(t)^2 I\\bigr),$$

$$dx = \\bigl[f(t)\\,x - g(t)^2\\,\\nabla \\log p_t(x)\\bigr]dt + g(t)\\,d\\bar w,\\qquad \\frac{dx}{dt} = f(t)\\,x - \\tfrac12\\,g(t)^2\\,\\nabla \\log p_t(x).$$

The second is the reverse SDE, the third its probability flow, which has the same marginals without noise ([Song et al. 2021](https://arxiv.org/abs/2011.13456)). A sampler is one step between two times, and knows neither which of these it follows nor where the score comes from; so each is proven on laws whose score is known exactly, before a network is put in its place. The coefficients are computed on the host in float64, with care where they cancel: in float32, $\\sigma^2 = 1 - e^{-B}$ would lose its digits near $t = 0$.

**Networks.** A network may predict the score, the noise, the data or $v$; each follows from each other,

$$\\nabla \\log p_t(x) = -\\frac{\\mathbb E[\\varepsilon \\mid x]}{\\sigma},\\qquad \\mathbb E[x_0 \\mid x] = \\frac{x - \\sigma\\,\\mathbb E[\\varepsilon \\mid x]}{\\alpha},\\qquad v = \\alpha\\,\\varepsilon - \\sigma\\,x_0,$$

and one loss trains all of them, so which one it is is a choice of the part and no sampler asks.

**Chance.** Every draw is a function of the seed, its purpose, the step and the number of the sample. So a sample does not depend on the batch it is in, two methods can be compared on the same noise, and a run that was interrupted goes on as if it had not been.

**A notebook in TypeScript.** \`notebook.ipynb\`, beside this report, runs every function of the parts and draws their outputs, with explanations between the cells. It stands in the place of a Python notebook: the libraries, and the tests that prove them, are TypeScript, and a notebook in another language would have to repeat them in code that no test has seen. Jupyter runs it by Deno's kernel (\`sbgm-assignment notebook\`). Nothing in it is replayed: each network is trained for some steps before the weights of this run are loaded, and every sampler computes.

**Bars.** Each part states what its result must reach, measures it and says whether it was met; a bar that was missed stays in the tables.`

/** Why a part is done as it is, where its own text says only how: Markdown. */
export const reasons: Readonly<Partial<Record<PartNumber, string>>> = {
  1: `**Why so.** On the line everything is known: the marginals at every time, their score, and the distance $W_1$ between points and a law, which is an integral. So the network's error and the sampler's can be told apart: each simulation with the learned score is made once more with the exact one, from the same points with the same noise. The network predicts $v$, because of the four predictions it had the least error for its time when all were tried.`,
  2: `**Why so.** The network sees $t = i/T$ and not the index, so that one network serves the chain and the SDE that it discretises; sampling it both ways from the same noise shows that they are one process. Times are stratified over the batch, which lowers the variance of the loss and changes nothing else. What samples are the averaged weights. Two networks that never saw a sample judge the images, since a single classifier is sure of noise too, and real images under noise stand beside as a scale, since a Fréchet distance of so few images means little alone.`,
  3: `**Why so.** With $\\lambda = \\sigma^2$ every time counts alike, and the loss stays bounded where the score does not. The chain of part 2 is a discretisation of this SDE, so its weights are a good start where they are there. In sampling the network is asked for no time earlier than 1e-3, $\\sigma$ included: there the score is a small difference of large numbers. The last step adds no noise, since nothing would take it away again.`,
}
