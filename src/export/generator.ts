/** The program that dataset_description.json names as the generator. */
export const generatorName = "telltale";
