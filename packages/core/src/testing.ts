// For tests of this and other packages: a slow, exact reference backend and what goes with it.
export {};
