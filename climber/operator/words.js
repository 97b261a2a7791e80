// The page's words. What the climb itself says comes translated from the server.
"use strict";
const TEXTS = {
  en: {
    night: "Night / day", camera: "Camera, rust outlined", messages: "Messages", pole: "Pole as seen so far", robot: "Robot",
    unseen: "not seen", poor: "seen poorly", rust: "rust",
    stop: "STOP  (space bar)", stopping: "STOPPING", ended: "Ended", frames: "photographs", left: (time) => `, ${time} left`,
    lost: "The climb program does not answer. The robot holds by itself.",
    cameraAlt: "Newest photograph from the climb with rust outlined", poleAlt: "Unrolled pole, top at the top, azimuth from left to right; grey is not seen",
    next: "Next station (N)", photograph: "Photograph (P)", down: "Come down (D)", again: "Photograph again (A)",
    up: "▲ Up", sink: "▼ Down", anticlockwise: "◀ Turn", clockwise: "Turn ▶", hold: "hold to run",
    gaps: (count) => `${count} gap(s) not seen well enough: photograph again, or accept because …`,
    reasons: ["hidden by a fitting", "weather or light", "time or battery", "will be photographed another way"], other: "other reason …",
    state: { idle: "idle", checking: "checking", armed: "armed", climbing: "climbing", scanning: "photographing", holding: "holding", descending: "coming down", stopped: "STOPPED", done: "done" },
    height_m: "Height", climb_rate_m_s: "Speed", azimuth_deg: "Azimuth", battery_percent: "Battery", energy_now_j: "Energy left", energy_descent_j: "Needed to descend", link_age_s: "Link age", clamp_n: "Weakest clamp", wind_m_s: "Wind", gust_m_s: "Gust", robot_state: "Controller",
  },
  "zh-Hant": {
    night: "夜間／日間", camera: "相機（已標示鏽蝕）", messages: "訊息", pole: "燈柱已拍攝部分", robot: "機械人",
    unseen: "未拍攝", poor: "拍攝不清", rust: "鏽蝕",
    stop: "停止（空白鍵）", stopping: "正在停止", ended: "已結束", frames: "張照片", left: (time) => `，尚餘 ${time}`,
    lost: "攀爬程式沒有回應。機械人會自行停住。",
    cameraAlt: "最新照片，鏽蝕以輪廓標示", poleAlt: "展開的燈柱：上方為柱頂，左右為方位角；灰色為未拍攝",
    next: "下一站 (N)", photograph: "拍照 (P)", down: "下降 (D)", again: "重拍缺口 (A)",
    up: "▲ 上", sink: "▼ 下", anticlockwise: "◀ 轉", clockwise: "轉 ▶", hold: "按住移動",
    gaps: (count) => `${count} 個缺口拍攝不足：請重拍，或選擇接受原因…`,
    reasons: ["被配件遮擋", "天氣或光線", "時間或電量", "將以其他方法拍攝"], other: "其他原因…",
    state: { idle: "待命", checking: "檢查中", armed: "已就緒", climbing: "攀爬中", scanning: "拍攝中", holding: "停留中", descending: "下降中", stopped: "已停止", done: "完成" },
    height_m: "高度", climb_rate_m_s: "速度", azimuth_deg: "方位角", battery_percent: "電量", energy_now_j: "剩餘能量", energy_descent_j: "下降所需", link_age_s: "連線延遲", clamp_n: "最弱夾緊力", wind_m_s: "風速", gust_m_s: "陣風", robot_state: "控制器",
  },
};
let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh-Hant" : "en");
function texts() { return TEXTS[language]; }
