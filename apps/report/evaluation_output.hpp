#pragma once
// The numbers of an evaluation, for people and for programs.

#include <string>

#include "apps/training/evaluator.hpp"
#include "data/class_table.hpp"

namespace fpanet {

/// Mean IoU of `confusion` without the class `unknown`; with all classes if none is called so.
double mean_iou_known(const ConfusionMatrix& confusion, const ClassTable& classes);

/// Tables of all numbers, ends with a line end; "-" stands for 0/0.
std::string evaluation_text(const Tally& tally, const ClassTable& classes);

/// One JSON object: loss, iou, accuracy, precision, recall, f1 (the notebook's), pixel_accuracy,
/// mean_iou, mean_iou_known, per_class [{name,iou,precision,recall,f1,pixels}], confusion (a row a
/// target class, a column a predicted one; pixels), images. 0/0 is null. Ends with a line end.
std::string evaluation_json(const Tally& tally, const ClassTable& classes);

}  // namespace fpanet
