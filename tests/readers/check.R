# Reads one file of a release, CSV with readr in the words of the guide, and Parquet with
# nanoparquet, and writes each cell back.
#
#   Rscript check.R prevention.csv cells.tsv
#
# The first line has the columns. A missing cell is the word <missing>, numbers have 17 digits.
arguments <- commandArgs(trailingOnly = TRUE)
if (endsWith(arguments[1], ".parquet")) {
  d <- as.data.frame(nanoparquet::read_parquet(arguments[1]))
} else {
  types <- readr::cols(release = "c", period = "c", conf_status = "c")
  d <- readr::read_csv(arguments[1], na = "", col_types = types)
  if (nrow(readr::problems(d)) > 0) {
    print(readr::problems(d))
    quit(status = 1)
  }
}
written <- function(column) {
  text <- if (inherits(column, "POSIXct")) {
    # Half a millisecond more, because R cuts what it does not write.
    format(column + 0.0005, "%Y-%m-%dT%H:%M:%OS3Z", tz = "UTC")
  } else if (is.numeric(column)) {
    sprintf("%.17g", column)
  } else {
    as.character(column)
  }
  ifelse(is.na(column), "<missing>", text)
}
cells <- vapply(d, written, character(nrow(d)))
dim(cells) <- c(nrow(d), ncol(d))
lines <- apply(cells, 1, paste, collapse = "\t")
writeLines(c(paste(names(d), collapse = "\t"), lines), arguments[2], useBytes = TRUE)
