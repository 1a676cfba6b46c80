"""Reads a workbook with openpyxl and writes the cells of its first sheet as JSON.

Each cell is its type, as openpyxl names it ("s" text, "n" number or nothing, "b" yes or no, "d"
date, "f" formula), and its value.
"""

import json
import sys

import openpyxl

sheet = openpyxl.load_workbook(sys.argv[1]).worksheets[0]
rows = [[[cell.data_type, cell.value] for cell in row] for row in sheet.iter_rows()]
json.dump(rows, sys.stdout, default=str)
