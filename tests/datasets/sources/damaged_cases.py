"""What can be wrong with a distribution of each dataset, and what must be told of it.

It knows the layouts of the small distributions, and tests nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import affectnet_tree
import ckplus_tree
import damage as by
import expw_tree
import fer2013_tree
import ferplus_tree
import jaffe_tree
import kdef_tree
import mmi_tree
import oulu_casia_tree
import rafdb_tree
import sfew_tree

TREES: dict[str, Callable[[Path], None]] = {
    "ckplus": lambda root: ckplus_tree.write_tree(root, people=2),
    "mmi": lambda root: mmi_tree.write_tree(root, people=2),
    "oulu-casia": lambda root: oulu_casia_tree.write_tree(root, people=2),
    "jaffe": lambda root: jaffe_tree.write_tree(root, people=2),
    "kdef": lambda root: kdef_tree.write_tree(root, people=2),
    "rafdb": lambda root: rafdb_tree.write_tree(root, faces=1),
    "sfew": lambda root: sfew_tree.write_tree(root, faces=1),
    "affectnet": lambda root: affectnet_tree.write_tree(root, faces=1, release=2017),
    "affectnet 2021": lambda root: affectnet_tree.write_tree(root, faces=1, release=2021),
    "fer2013": lambda root: fer2013_tree.write_tree(root, people=3),
    "ferplus": lambda root: ferplus_tree.write_tree(root, people=3),
    "ferplus folders": lambda root: ferplus_tree.write_folders(root, people=6),
    "expw": lambda root: expw_tree.write_tree(root, faces=2),
}
"""Writes a small whole distribution; what follows the first word of a name is its form."""


class Case(NamedTuple):
    """A damage, and what its message must hold: the file or the line, and the value that is wrong."""

    tree: str
    damage: by.Damage
    told: str


CKPLUS = "S005_001_00000005_emotion.txt"
MMI = "Sessions/1/S001-001"
OULU = "PreProcess_Img/VL_Acropped/Strong"
POSED_CASES = {
    "ckplus without pictures": Case(
        "ckplus", by.without("cohn-kanade-images"), r"CK\+ with cohn-kanade-images/S"
    ),
    "ckplus with pictures still packed": Case(
        "ckplus", by.zipped("cohn-kanade-images"), "cohn-kanade-images.zip"
    ),
    "ckplus with an empty sequence": Case(
        "ckplus", by.without("*/S005/001/*.png"), r"S005/001/S005_001_\*\.png"
    ),
    "ckplus without labels": Case("ckplus", by.without("Emotion"), r"expected faces of CK\+, got none"),
    "ckplus with an unknown code": Case(
        "ckplus", by.holding(f"**/{CKPLUS}", "  9.0\n"), f"{CKPLUS}: .* '9.0'"
    ),
    "ckplus with a word for a code": Case(
        "ckplus", by.holding(f"**/{CKPLUS}", "joy"), f"{CKPLUS}: .* got 'joy'"
    ),
    "ckplus with an empty label": Case("ckplus", by.holding(f"**/{CKPLUS}", ""), f"{CKPLUS}: .* got ''"),
    "ckplus in another encoding": Case(
        "ckplus", by.in_utf_16(f"**/{CKPLUS}"), f"{CKPLUS}: .* got byte 0xff at 0"
    ),
    "ckplus with a lost label": Case("ckplus", by.nowhere(f"**/{CKPLUS}"), f"{CKPLUS}: cannot be read"),
    "mmi without sessions": Case("mmi", by.without("Sessions"), r"MMI with Sessions/\*"),
    "mmi with sessions still packed": Case("mmi", by.zipped("Sessions"), r"unpack Sessions\.zip"),
    "mmi without a video": Case("mmi", by.without(f"{MMI}.avi"), "Sessions/1: expected one video, got 0"),
    "mmi with a folder for a video": Case(
        "mmi", by.folder_at(f"{MMI}.avi"), "Sessions/1: expected one video"
    ),
    "mmi with a session twice in one": Case(
        "mmi", by.copied(f"{MMI}.avi", "S001-002.avi"), "Sessions/1: expected one video, got 2"
    ),
    "mmi without labels of a session": Case("mmi", by.without(f"{MMI}.xml"), r"MMI with Sessions/1/\*\.xml"),
    "mmi with a word for a code": Case(
        "mmi",
        by.line(f"{MMI}.xml", 1, by.put('"Emotion" Value="1"', '"Emotion" Value="joy"')),
        f"{MMI}.xml: .* 'joy'",
    ),
    "mmi with cut labels": Case("mmi", by.cut(f"{MMI}.xml", keep=40), f"{MMI}.xml: expected XML"),
    "mmi with empty labels": Case("mmi", by.holding(f"{MMI}.xml", ""), f"{MMI}.xml: expected XML"),
    "mmi in another encoding": Case("mmi", by.in_utf_16(f"{MMI}.xml"), f"{MMI}.xml: .* got byte 0xff"),
    "mmi with lost labels": Case("mmi", by.nowhere(f"{MMI}.xml"), f"{MMI}.xml: cannot be read"),
    "mmi with a misnamed video": Case(
        "mmi", by.renamed(f"{MMI}.avi", "clip.avi"), "Sessions/1/clip.avi: .* name such"
    ),
    "oulu-casia without crops": Case("oulu-casia", by.without("PreProcess_Img"), f"Oulu-CASIA with {OULU}/P"),
    "oulu-casia with crops still packed": Case(
        "oulu-casia", by.zipped("PreProcess_Img"), "unpack PreProcess_Img.zip"
    ),
    "oulu-casia without the light": Case("oulu-casia", by.without(OULU), f"Oulu-CASIA with {OULU}/P"),
    "oulu-casia with an unknown class": Case(
        "oulu-casia",
        by.renamed(f"{OULU}/P001/Anger", "Angry"),
        f"{OULU}/P001/Angry: expected a folder out of Anger",
    ),
    "oulu-casia without a frame": Case(
        "oulu-casia", by.without(f"{OULU}/P*/*/*.jpeg"), "expected faces of Oulu-CASIA, got none"
    ),
    "jaffe without pictures": Case("jaffe", by.without("jaffe/*.tiff"), r"JAFFE with KA\.AN1\.39\.tiff"),
    "jaffe still packed": Case("jaffe", by.zipped("jaffe"), r"unpack jaffe\.zip"),
    "jaffe with an unknown class": Case(
        "jaffe",
        by.renamed("jaffe/KA.AN1.*.tiff", "KA.AG1.39.tiff"),
        r"jaffe/KA\.AG1\.39\.tiff: expected a name such",
    ),
    "jaffe with a misnamed picture": Case(
        "jaffe",
        by.renamed("jaffe/KA.AN1.*.tiff", "KA copy.tiff"),
        r"jaffe/KA copy\.tiff: expected a name such",
    ),
    "kdef without pictures": Case("kdef", by.without("KDEF"), r"KDEF with KDEF/AF01/AF01ANS\.JPG"),
    "kdef still packed": Case("kdef", by.zipped("KDEF"), r"unpack KDEF\.zip"),
    "kdef with an unknown class": Case(
        "kdef", by.renamed("KDEF/AF01/AF01ANS.JPG", "AF01AGS.JPG"), r"AF01/AF01AGS\.JPG: expected a name such"
    ),
    "kdef with an unknown angle": Case(
        "kdef", by.renamed("KDEF/AF01/AF01ANS.JPG", "AF01ANX.JPG"), r"AF01/AF01ANX\.JPG: expected a name such"
    ),
    "kdef with a picture of somebody else": Case(
        "kdef",
        by.renamed("KDEF/AF01/AF01ANS.JPG", "AM01ANS.JPG"),
        r"AF01/AM01ANS\.JPG: .* first four characters",
    ),
}

RAFDB = "basic/EmoLabel/list_patition_label.txt"
TRAINING = "Manually_Annotated_file_lists/training.csv"
VALIDATION = "Manually_Annotated_file_lists/validation.csv"
VALIDATION_FOLDER = "data/FER2013Valid"
LST = "label/label.lst"
SPONTANEOUS_CASES = {
    "rafdb without its list": Case("rafdb", by.without(RAFDB), "with basic/EmoLabel/list_patition_label.txt"),
    "rafdb with a folder for its list": Case("rafdb", by.folder_at(RAFDB), f"with {RAFDB}"),
    "rafdb with a lost list": Case("rafdb", by.nowhere(RAFDB), f"{RAFDB}: cannot be read"),
    "rafdb in another encoding": Case("rafdb", by.in_utf_16(RAFDB), f"{RAFDB}: .* got byte 0xff"),
    "rafdb with an unknown code": Case(
        "rafdb", by.line(RAFDB, 3, by.end("8", by=" ")), f"{RAFDB}, line 3: .* '8'"
    ),
    "rafdb with a cut row": Case(
        "rafdb", by.line(RAFDB, -1, lambda row: row[:-2]), r"line \d+: .* got 'test_0"
    ),
    "rafdb with a row twice": Case("rafdb", by.twice(RAFDB), r"test_\d+_aligned\.jpg.* is listed twice"),
    "rafdb without aligned pictures": Case(
        "rafdb", by.without("basic/Image/aligned"), "train_00001_aligned.jpg"
    ),
    "rafdb without a picture": Case(
        "rafdb", by.without("**/test_0002_aligned.jpg"), "absent: 1, .*test_0002_aligned"
    ),
    "rafdb with a folder for a picture": Case(
        "rafdb", by.folder_at("**/test_0002_aligned.jpg"), "test_0002_aligned"
    ),
    "sfew without Train": Case("sfew", by.without("Train"), "SFEW 2.0 with Train/"),
    "sfew without Val": Case("sfew", by.without("Val"), r"SFEW 2\.0 with Val/"),
    "sfew with Val still packed": Case("sfew", by.zipped("Val"), r"Val\.zip"),
    "sfew without a class": Case("sfew", by.without("Val/Fear"), r"with Val/Fear/\*\.png"),
    "sfew with an empty class": Case("sfew", by.without("Train/Sad/*"), r"with Train/Sad/\*\.png"),
    "sfew with an unknown class": Case(
        "sfew", by.renamed("Train/Happy", "Happines"), "Train/Happines: .* 'Happy'"
    ),
    "affectnet without lists": Case("affectnet", by.without("Manually_Annotated_file_lists"), TRAINING),
    "affectnet without the second list": Case("affectnet", by.without(VALIDATION), VALIDATION),
    "affectnet with a lost list": Case("affectnet", by.nowhere(VALIDATION), f"{VALIDATION}: cannot be read"),
    "affectnet in another encoding": Case("affectnet", by.in_utf_16(VALIDATION), f"{VALIDATION}.* no table"),
    "affectnet with an unknown code": Case(
        "affectnet", by.line(TRAINING, 2, by.put(",0,-0.05", ",11,-0.05")), f"{TRAINING}, line 2: .* got 11"
    ),
    "affectnet with a word for a code": Case(
        "affectnet", by.line(TRAINING, 2, by.put(",0,-0.05", ",calm,-0.05")), f"{TRAINING}, line 2: .* 'calm'"
    ),
    "affectnet with a cut row": Case(
        "affectnet", by.line(VALIDATION, 1, lambda row: row[:-4]), f"{VALIDATION}, line 1: .* 9 cells, got 8"
    ),
    "affectnet with a row twice": Case("affectnet", by.twice(VALIDATION, 1), r"val0+\.JPG.* is listed twice"),
    "affectnet without pictures": Case("affectnet", by.without("Manually_Annotated"), "pictures .* such as"),
    "affectnet without a picture": Case(
        "affectnet", by.without("**/val00000001.jpg"), "absent: 1, .*val00000001"
    ),
    "affectnet with a box without area": Case(
        "affectnet", by.line(VALIDATION, 1, by.put("64,64", "0,64")), f"{VALIDATION}, line 1: .* '40,24,0,64'"
    ),
    "affectnet 2021 without a set": Case(
        "affectnet 2021", by.without("val_set"), "val_set/annotations/0_exp.npy"
    ),
    "affectnet 2021 with an unknown code": Case(
        "affectnet 2021",
        by.number_in("val_set/annotations/1_exp.npy", 12),
        "annotations/1_exp.npy: .* got 12",
    ),
    "affectnet 2021 with two numbers": Case(
        "affectnet 2021", by.number_in("val_set/annotations/1_exp.npy", [1, 2]), "1_exp.npy: .* got 2"
    ),
    "affectnet 2021 with a cut label": Case(
        "affectnet 2021",
        by.cut("val_set/annotations/1_exp.npy", keep=9),
        "annotations/1_exp.npy: expected a numpy",
    ),
    "affectnet 2021 with an empty label": Case(
        "affectnet 2021",
        by.holding("val_set/annotations/2_exp.npy", ""),
        "annotations/2_exp.npy: expected a numpy",
    ),
    "affectnet 2021 without a picture": Case(
        "affectnet 2021", by.without("val_set/images/3.jpg"), "absent: 1, .*val_set/images/3.jpg"
    ),
    "fer2013 without its table": Case(
        "fer2013", by.renamed("fer2013.csv", "train.csv"), r"train\.csv: expected fer2013"
    ),
    "fer2013 with a folder for its table": Case(
        "fer2013", by.folder_at("fer2013.csv"), r"FER2013 with fer2013\.csv"
    ),
    "fer2013 with a lost table": Case("fer2013", by.nowhere("fer2013.csv"), r"fer2013\.csv: cannot be read"),
    "fer2013 in another encoding": Case(
        "fer2013", by.in_utf_16("fer2013.csv"), r"fer2013\.csv: .* got byte 0xff"
    ),
    "fer2013 with an empty table": Case(
        "fer2013", by.holding("fer2013.csv", ""), r"fer2013\.csv: line 1: .* columns"
    ),
    "fer2013 with a header alone": Case(
        "fer2013", by.cut("fer2013.csv", keep=21), "expected faces of FER2013, got none"
    ),
    "fer2013 that was cut off": Case(
        "fer2013", by.cut("fer2013.csv", keep=9000), r"fer2013\.csv: line 2: expected 3"
    ),
    "fer2013 with an unknown code": Case(
        "fer2013", by.line("fer2013.csv", 3, lambda row: f"7{row[1:]}"), r"fer2013\.csv: line 3: .* got '7'"
    ),
    "fer2013 with an unknown usage": Case(
        "fer2013",
        by.line("fer2013.csv", 3, by.end("Validation", by=",")),
        "line 3: expected Usage .* 'Validation'",
    ),
    "fer2013 with a pixel too much": Case(
        "fer2013",
        by.line("fer2013.csv", 4, by.put(" ", " 0 ")),
        r"fer2013\.csv: line 4: .* 2304 pixels .* got 2305",
    ),
    "fer2013 with a pixel too bright": Case(
        "fer2013",
        by.line("fer2013.csv", 4, by.put(" ", " 300 ")),
        r"fer2013\.csv: line 4: .* '300' among them",
    ),
    "ferplus without faces": Case("ferplus", by.without("fer2013.csv"), r"with fer2013\.csv"),
    "ferplus without votes": Case(
        "ferplus", by.without("fer2013new.csv"), r"fer2013\.csv beside fer2013new\.csv"
    ),
    "ferplus with lost votes": Case(
        "ferplus", by.nowhere("fer2013new.csv"), r"fer2013new\.csv: cannot be read"
    ),
    "ferplus in another encoding": Case(
        "ferplus", by.in_utf_16("fer2013new.csv"), r"fer2013new\.csv: .* byte 0xff"
    ),
    "ferplus with a word for votes": Case(
        "ferplus",
        by.line("fer2013new.csv", 3, by.end("x", by=",")),
        r"fer2013new\.csv: line 3: .* NF, got 'x'",
    ),
    "ferplus with a row twice": Case(
        "ferplus", by.twice("fer2013new.csv", 2), r"fer2013new\.csv: line 3: .* fer0000000\.png;"
    ),
    "ferplus with a row less": Case(
        "ferplus", by.cut_line("fer2013new.csv"), r"fer2013new\.csv: expected a row for"
    ),
    "ferplus folders without one": Case(
        "ferplus folders", by.without(VALIDATION_FOLDER), "FER2013Valid/label.csv"
    ),
    "ferplus folders without votes": Case(
        "ferplus folders", by.without(f"{VALIDATION_FOLDER}/label.csv"), "Valid/label"
    ),
    "ferplus folders with a row twice": Case(
        "ferplus folders", by.twice(f"{VALIDATION_FOLDER}/label.csv", 1), r"Valid/fer\d+\.png.* listed twice"
    ),
    "ferplus folders with a cut row": Case(
        "ferplus folders",
        by.line(f"{VALIDATION_FOLDER}/label.csv", 2, lambda row: row[:-2]),
        "line 2: .* got 11",
    ),
    "ferplus folders without a picture": Case(
        "ferplus folders",
        by.without(f"{VALIDATION_FOLDER}/*[0-4].png"),
        r"FER2013Valid/fer\d+\.png: expected the pic",
    ),
    "expw without its list": Case("expw", by.without(LST), "with label/label.lst"),
    "expw with a lost list": Case("expw", by.nowhere(LST), f"{LST}: cannot be read"),
    "expw in another encoding": Case("expw", by.in_utf_16(LST), f"{LST}: .* got byte 0xff"),
    "expw with an unknown label": Case(
        "expw", by.line(LST, 2, by.end("7", by=" ")), f"{LST}, line 2: .* got '7'"
    ),
    "expw with a cut row": Case(
        "expw", by.line(LST, -1, lambda row: row[:30]), rf"{LST}, line \d+: expected 8 columns"
    ),
    "expw with a word for a box": Case(
        "expw", by.line(LST, 1, by.put(" 16 ", " top ")), f"{LST}, line 1: .* 'top"
    ),
    "expw with a row twice": Case("expw", by.twice(LST), r"search_word_\d+\.jpg.* is listed twice"),
    "expw without photographs": Case("expw", by.without("image"), "with image/origin"),
    "expw with photographs still packed": Case("expw", by.zipped("image/origin"), "image/origin.zip"),
    "expw without a photograph": Case(
        "expw", by.without("**/search_word_1.jpg"), "absent: 1, .*search_word_1.jpg"
    ),
}
LISTING_CASES = {**POSED_CASES, **SPONTANEOUS_CASES}
PICTURE_CASES = {
    "ckplus": Case("ckplus", by.cut("cohn-kanade-images/S005/001/*5.png"), "S005_001_00000005.png"),
    "mmi": Case("mmi", by.cut(f"{MMI}.avi"), f"{MMI}.avi"),
    "oulu-casia": Case(
        "oulu-casia", by.holding(f"{OULU}/P001/Anger/004.jpeg", "<html>"), "P001/Anger/004.jpeg"
    ),
    "jaffe": Case("jaffe", by.cut("jaffe/KA.AN1.*.tiff"), "jaffe/KA.AN1."),
    "kdef": Case("kdef", by.cut("KDEF/AF01/AF01ANS.JPG"), "AF01/AF01ANS.JPG"),
    "rafdb": Case("rafdb", by.cut("**/train_00001_aligned.jpg"), "train_00001_aligned.jpg"),
    "sfew": Case("sfew", by.nowhere("Train/Angry/*.png"), "Train/Angry/Airheads"),
    "affectnet": Case("affectnet", by.cut("**/val00000001.jpg"), "val00000001.jpg"),
    "affectnet 2021": Case(
        "affectnet 2021", by.holding("val_set/images/3.jpg", "<html>"), "val_set/images/3.jpg"
    ),
    "ferplus folders": Case("ferplus folders", by.cut(f"{VALIDATION_FOLDER}/*.png"), "FER2013Valid/fer"),
    "expw": Case("expw", by.holding("**/search_word_1.jpg", ""), "search_word_1.jpg"),
}
